package readingtime

import (
	"strings"
	"testing"
)

func words(count int) string {
	return strings.Repeat("word ", count)
}

func TestNothingTakesNoTime(t *testing.T) {
	if got := Minutes(" \n"); got != 0 {
		t.Errorf("Minutes of blanks: %d, want 0", got)
	}
}

func TestBegunMinutesCountInFull(t *testing.T) {
	for _, c := range []struct{ words, want int }{{1, 1}, {230, 1}, {231, 2}} {
		if got := Minutes(words(c.words)); got != c.want {
			t.Errorf("Minutes of %d words: %d, want %d", c.words, got, c.want)
		}
	}
}
