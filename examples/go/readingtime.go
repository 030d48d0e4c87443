// Package readingtime tells how long a text takes to read.
package readingtime

import "strings"

// WordsPerMinute is how fast people read on a screen.
const WordsPerMinute = 230

// Minutes a text takes, begun ones in full; none for a text without words.
func Minutes(text string) int {
	words := len(strings.Fields(text))
	return (words + WordsPerMinute - 1) / WordsPerMinute
}
