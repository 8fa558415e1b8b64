package pamlink

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

func FuzzQuestion(f *testing.F) {
	f.Add([]byte("joe"), []byte("secret"), "192.0.2.1")
	f.Add([]byte("\xff\n\x00"), []byte("{\"id\":7}\n"), "::1")
	f.Fuzz(func(t *testing.T, user, password []byte, client string) {
		want := Question{ID: 7, User: user, Password: password, Client: strings.ToValidUTF8(client, "")}
		var wire bytes.Buffer
		if err := Write(&wire, want); err != nil {
			t.Fatal(err)
		}
		r := NewReader(&wire)
		var got Question
		err := r.Read(&got)
		if err != nil || got.ID != 7 || !bytes.Equal(got.User, user) || !bytes.Equal(got.Password, password) || got.Client != want.Client {
			t.Errorf("Read = %+v, %v; want %+v", got, err, want)
		}
		if err := r.Read(&got); !errors.Is(err, io.EOF) {
			t.Errorf("second Read = %v; want io.EOF", err)
		}
	})
}

func TestAnswer(t *testing.T) {
	want := Answer{7, Accepted, "fine", &Entry{"joe", 2001, 2002, []uint32{4, 10}, "/home/joe"}}
	var wire bytes.Buffer
	if err := Write(&wire, want); err != nil {
		t.Fatal(err)
	}
	var got Answer
	if err := NewReader(&wire).Read(&got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Read = %+v, %v; want %+v", got, err, want)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, line := range []string{"x\n", "{\"id\":\"secret\"}\n", "[]\n", strings.Repeat("a", maxLine+1)} {
		var got Question
		err := NewReader(strings.NewReader(line)).Read(&got)
		if err == nil || errors.Is(err, io.EOF) || strings.Contains(err.Error(), "secret") {
			t.Errorf("Read(%.20q) = %v; want an error that shows no value", line, err)
		}
	}
}
