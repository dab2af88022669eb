package cli

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// args turns cobra's argument checks into usage errors in our words.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, a []string) error {
		if check(cmd, a) == nil {
			return nil
		}
		_, want, _ := strings.Cut(cmd.Use, " ")
		if want == "" {
			want = "no argument"
		}
		err := usagef("%s takes %s, and got %d: %q", cmd.CommandPath(), want, len(a), a)
		if len(a) == 0 {
			err = usagef("%s takes %s, and got nothing", cmd.CommandPath(), want)
		}
		return hint(err, "%s --help", cmd.CommandPath())
	}
}

// flagTypes are the types of flags in words.
var flagTypes = map[string]string{
	"int": "a whole number", "int64": "a whole number", "uint": "a whole number of 0 or more", "uint64": "a whole number of 0 or more",
	"float64": "a number", "bool": "true or false", "duration": "a length of time such as 30s",
}

// flagError says in our words what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		f := bad.GetFlag()
		if want, ok := flagTypes[f.Value.Type()]; ok {
			err = fmt.Errorf("--%s is %q, want %s", f.Name, bad.GetValue(), want)
		}
	}
	return hint(&usageError{err}, "%s --help", cmd.CommandPath())
}

// wordings replace what the libraries below say about their own insides.
var wordings = []struct {
	from *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`strconv\.\w+: parsing ("(?:[^"\\]|\\.)*"): invalid syntax`), "$1 is no number"},
	{regexp.MustCompile(`strconv\.\w+: parsing ("(?:[^"\\]|\\.)*"): value out of range`), "$1 is out of range"},
	{regexp.MustCompile(`strconv\.\w+: parsing `), ""},
	{regexp.MustCompile(`json: cannot unmarshal (\w+)(?: [^ ]+)? into Go struct field [\w.]*?\.?([\w]+(?:\.[\w]+)*) of type \S+`), "$2 is a $1, want another kind of value"},
	{regexp.MustCompile(`json: cannot unmarshal (\w+)(?: [^ ]+)? into Go value of type .*`), "$1 is there, want another kind of value"},
	{regexp.MustCompile(`json: unknown field `), "unknown field "},
}

// plainly puts what Go says about itself into words about the input.
func plainly(line string) string {
	for _, w := range wordings {
		line = w.from.ReplaceAllString(line, w.to)
	}
	return line
}
