<?php

declare(strict_types=1);

namespace Example\Tests;

use Example\Excerpt;
use PHPUnit\Framework\TestCase;

final class ExcerptTest extends TestCase
{
    public function testAShortTextIsLeftAsItIs(): void
    {
        self::assertSame('Good morning', Excerpt::of('Good morning', 12));
    }

    public function testALongTextIsCutAfterAWord(): void
    {
        self::assertSame('Good…', Excerpt::of('Good morning to you', 10));
    }

    public function testCharactersCountAndNotBytes(): void
    {
        self::assertSame('Zażółć gęślą jaźń', Excerpt::of('Zażółć gęślą jaźń', 17));
    }
}
