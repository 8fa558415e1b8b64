package tlsconf

import "crypto/tls"

// A suite is a cipher suite of TLS 1.2 that crypto/tls has, in OpenSSL's words.
type suite struct {
	id    uint16
	name  string
	bits  int
	words string // the classes it belongs to, but for ALL, DEFAULT, HIGH, which hold them all
	weak  string // why only its name, or RSA key exchange asked for by name, selects it; empty if a class may
}

// Words that suites share.
const (
	ecdheRSA   = "ECDHE EECDH kECDHE kEECDH aRSA "
	ecdheECDSA = "ECDHE EECDH kECDHE kEECDH ECDSA aECDSA "
	kRSA       = "RSA kRSA aRSA "
	aes128     = "AES AES128 "
	aes256     = "AES AES256 "
	gcm        = "AESGCM TLSv1.2 "
	cbcSHA     = "SHA SHA1 TLSv1 TLSv1.0 " // since TLS 1.0
	cbcSHAold  = "SHA SHA1 SSLv3 "         // since SSL 3
	cbcSHA256  = "SHA256 TLSv1.2 "

	noSecrecy = "no forward secrecy"
	lucky13   = "no protection against Lucky 13"
)

// suites is the table. RC4 and 3DES, which crypto/tls still has, are not in it: nothing below 128 bits or broken is spoken.
func suites() []suite {
	return []suite{
		{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "ECDHE-ECDSA-AES128-GCM-SHA256", 128, ecdheECDSA + aes128 + gcm, ""},
		{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "ECDHE-RSA-AES128-GCM-SHA256", 128, ecdheRSA + aes128 + gcm, ""},
		{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "ECDHE-ECDSA-AES256-GCM-SHA384", 256, ecdheECDSA + aes256 + gcm, ""},
		{tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "ECDHE-RSA-AES256-GCM-SHA384", 256, ecdheRSA + aes256 + gcm, ""},
		{
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-ECDSA-CHACHA20-POLY1305", 256,
			ecdheECDSA + "CHACHA20 TLSv1.2", "",
		},
		{
			tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-RSA-CHACHA20-POLY1305", 256,
			ecdheRSA + "CHACHA20 TLSv1.2", "",
		},
		{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, "ECDHE-ECDSA-AES128-SHA", 128, ecdheECDSA + aes128 + cbcSHA, ""},
		{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, "ECDHE-RSA-AES128-SHA", 128, ecdheRSA + aes128 + cbcSHA, ""},
		{tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, "ECDHE-ECDSA-AES256-SHA", 256, ecdheECDSA + aes256 + cbcSHA, ""},
		{tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, "ECDHE-RSA-AES256-SHA", 256, ecdheRSA + aes256 + cbcSHA, ""},
		{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, "ECDHE-ECDSA-AES128-SHA256", 128,
			ecdheECDSA + aes128 + cbcSHA256, lucky13,
		},
		{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, "ECDHE-RSA-AES128-SHA256", 128, ecdheRSA + aes128 + cbcSHA256, lucky13},
		{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, "AES128-GCM-SHA256", 128, kRSA + aes128 + gcm, noSecrecy},
		{tls.TLS_RSA_WITH_AES_256_GCM_SHA384, "AES256-GCM-SHA384", 256, kRSA + aes256 + gcm, noSecrecy},
		{tls.TLS_RSA_WITH_AES_128_CBC_SHA256, "AES128-SHA256", 128, kRSA + aes128 + cbcSHA256, noSecrecy},
		{tls.TLS_RSA_WITH_AES_128_CBC_SHA, "AES128-SHA", 128, kRSA + aes128 + cbcSHAold, noSecrecy},
		{tls.TLS_RSA_WITH_AES_256_CBC_SHA, "AES256-SHA", 256, kRSA + aes256 + cbcSHAold, noSecrecy},
	}
}

// knownWords are the classes of OpenSSL that hold none of our suites. To exclude one of them is no mistake.
const knownWords = `
	aNULL eNULL NULL kECDH COMPLEMENTOFALL COMPLEMENTOFDEFAULT LOW MEDIUM EXP EXPORT EXPORT40 EXPORT56 FIPS
	DH ADH AECDH DHE EDH kDHE kEDH kDH kDHr kDHd ECDH kECDHr kECDHe aECDH aDH aDSS DSS
	PSK kPSK kDHEPSK kECDHEPSK kRSAPSK aPSK SRP kSRP aSRP KRB5 kKRB5 aKRB5 kGOST kGOST18 aGOST aGOST01 aGOST12
	GOST94 GOST89MAC GOST2012256 GOST89 GOST89MAC12 GOST2012
	DES 3DES RC4 RC2 IDEA SEED MD5 SHA384 CAMELLIA CAMELLIA128 CAMELLIA256 ARIA ARIA128 ARIA256 ARIAGCM
	AESCCM AESCCM8 CBC SSLv2 TLSv1.1 TLSv1.3 SUITEB128 SUITEB128ONLY SUITEB128C2 SUITEB192`
