package passhash

import (
	"crypto/md5"
	"fmt"
	"strconv"
	"strings"
)

const (
	sunMD5Prefix = "$md5"
	sunMD5Rounds = 4096 // besides those that a hash asks for
	sunMD5Sum    = 22   // characters, for 16 bytes
	maxSunMD5    = 383  // characters in all: crypt(3)'s bound

	// sunMD5Weight is a round's work in rounds of the other schemes: every second one hashes 24
	// blocks, the others do with one.
	sunMD5Weight = 12
)

// parseSunMD5 takes apart "[,rounds=n]$salt[$]$sum". All before the last "$" is hashed with the
// password, so whether there are two counts.
func parseSunMD5(rest string) (hash, error) {
	i := strings.LastIndexByte(rest, '$')
	if i < 0 || len(sunMD5Prefix)+len(rest) > maxSunMD5 || !isCrypt64(rest[i+1:], sunMD5Sum) {
		return nil, ErrMalformed
	}
	setting, sum := rest[:i], rest[i+1:]
	options, salt, ok := strings.Cut(setting, "$")
	salt = strings.TrimSuffix(salt, "$")
	if !ok || !isCrypt64(salt, len(salt)) {
		return nil, fmt.Errorf("%w: salt", ErrMalformed)
	}
	var more uint64
	if options != "" {
		text, named := strings.CutPrefix(options, ",rounds=")
		if more, ok = decimal(text, 1, maxRounds); !ok || !named {
			return nil, fmt.Errorf("%w: %q", ErrMalformed, options)
		}
	}
	rounds := sunMD5Rounds + int(more)
	return &iteratedHash{int64(rounds) * sunMD5Weight, sum, func(password []byte) []byte {
		return sunMD5(password, sunMD5Prefix+setting, rounds)
	}}, nil
}

// sunMD5 hashes its last result again and again. In each round a bit of that result tells whether
// a long text is hashed with it.
func sunMD5(password []byte, setting string, rounds int) []byte {
	sum := md5.Sum(append(append([]byte(nil), password...), setting...))
	input := make([]byte, 0, md5.Size+len(hamlet)+20)
	for round := range rounds {
		input = append(input[:0], sum[:]...)
		if sunMD5Coin(&sum, round) {
			input = append(input, hamlet...)
		}
		sum = md5.Sum(strconv.AppendInt(input, int64(round), 10))
	}
	out := make([]byte, 0, md5.Size)
	for _, i := range [md5.Size]byte{12, 6, 0, 13, 7, 1, 14, 8, 2, 15, 9, 3, 5, 10, 4, 11} {
		out = append(out, sum[i])
	}
	return encode64(out)
}

// sunMD5Coin draws two bits out of the last result, from places that the result and the number of
// the round tell, and says whether they differ.
func sunMD5Coin(sum *[md5.Size]byte, round int) bool {
	bit := func(i int) int { return int(sum[i>>3&15]) >> (i & 7) & 1 }
	place := func(first int) (out int) {
		for i := range 8 {
			a, b := int(sum[(first+i)&15]), int(sum[(first+i+3)&15])
			out |= bit(int(sum[a>>(b%5)&15])>>(b>>(a&7)&1)) << i
		}
		return out
	}
	x, y := place(bit(round)), place(8+bit(round+64))
	return bit(x) != bit(y)
}

// hamlet is the text: William Shakespeare, Hamlet, III, 1, as Project Gutenberg printed it. The
// zero at its end counts.
const hamlet = `To be, or not to be,--that is the question:--
Whether 'tis nobler in the mind to suffer
The slings and arrows of outrageous fortune
Or to take arms against a sea of troubles,
And by opposing end them?--To die,--to sleep,--
No more; and by a sleep to say we end
The heartache, and the thousand natural shocks
That flesh is heir to,--'tis a consummation
Devoutly to be wish'd. To die,--to sleep;--
To sleep! perchance to dream:--ay, there's the rub;
For in that sleep of death what dreams may come,
When we have shuffled off this mortal coil,
Must give us pause: there's the respect
That makes calamity of so long life;
For who would bear the whips and scorns of time,
The oppressor's wrong, the proud man's contumely,
The pangs of despis'd love, the law's delay,
The insolence of office, and the spurns
That patient merit of the unworthy takes,
When he himself might his quietus make
With a bare bodkin? who would these fardels bear,
To grunt and sweat under a weary life,
But that the dread of something after death,--
The undiscover'd country, from whose bourn
No traveller returns,--puzzles the will,
And makes us rather bear those ills we have
Than fly to others that we know not of?
Thus conscience does make cowards of us all;
And thus the native hue of resolution
Is sicklied o'er with the pale cast of thought;
And enterprises of great pith and moment,
With this regard, their currents turn awry,
And lose the name of action.--Soft you now!
The fair Ophelia!--Nymph, in thy orisons
Be all my sins remember'd.
` + "\x00"
