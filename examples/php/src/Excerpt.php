<?php

declare(strict_types=1);

namespace Example;

/** The beginning of a text. */
final class Excerpt
{
    /** At most so many characters, cut after a word; what was cut off is told by an ellipsis. */
    public static function of(string $text, int $characters): string
    {
        if (mb_strlen($text) <= $characters) {
            return $text;
        }
        $cut = mb_substr($text, 0, $characters);
        $space = mb_strrpos($cut, ' ');
        return ($space === false ? $cut : mb_substr($cut, 0, $space)) . '…';
    }
}
