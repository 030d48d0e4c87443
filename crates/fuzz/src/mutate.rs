//! Makes new inputs of old ones.

use fastrand::Rng;

/// No input is longer.
const LONGEST: usize = 256 * 1024;

/// A source of inputs that resemble known ones.
pub struct Mutator<'a> {
    seeds: &'a [Vec<u8>],
    pieces: &'a [&'a str],
    random: Rng,
}

impl<'a> Mutator<'a> {
    /// Of `seeds`, with `pieces` put in between; the same `seed` gives the same inputs.
    pub fn new(seeds: &'a [Vec<u8>], pieces: &'a [&'a str], seed: u64) -> Self {
        Self {
            seeds,
            pieces,
            random: Rng::with_seed(seed),
        }
    }

    /// The next input: a seed with up to a dozen changes.
    pub fn next_input(&mut self) -> Vec<u8> {
        let mut input = self.seed().to_vec();
        for _ in 0..self.random.usize(1..=12) {
            self.change(&mut input);
            input.truncate(LONGEST);
        }
        input
    }

    fn seed(&mut self) -> &'a [u8] {
        &self.seeds[self.random.usize(..self.seeds.len())]
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.random.usize(..=input.len());
        match self.random.u8(..9) {
            0 if at < input.len() => input[at] ^= 1 << self.random.u8(..8),
            1 if at < input.len() => input[at] = self.random.u8(..),
            2 => input.truncate(at),
            3 => drop(input.drain(self.range(input.len()))),
            4 => self.repeat(input),
            5 => {
                let other = self.seed();
                let part = other[self.range(other.len())].to_vec();
                input.splice(at..at, part);
            }
            6 => self.swap_words(input),
            _ => {
                let piece = self.pieces[self.random.usize(..self.pieces.len())];
                let count = if self.random.u8(..20) == 0 { 500 } else { 1 };
                input.splice(at..at, piece.as_bytes().repeat(count));
            }
        }
    }

    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.random.usize(..=length);
        let longest = (length - start).min(1 << self.random.u8(..12));
        start..start + self.random.usize(..=longest)
    }

    fn repeat(&mut self, input: &mut Vec<u8>) {
        let range = self.range(input.len());
        let times = 1 << self.random.u8(..10);
        let end = range.end;
        let part = input[range].to_vec();
        let times = times.min(LONGEST / part.len().max(1));
        input.splice(end..end, part.repeat(times));
    }

    /// Puts one word of the text where another one is: names and values stay plausible.
    fn swap_words(&mut self, input: &mut Vec<u8>) {
        let Some(word) = self.word(input) else { return };
        let word = input[word].to_vec();
        if let Some(place) = self.word(input) {
            input.splice(place, word);
        }
    }

    fn word(&mut self, input: &[u8]) -> Option<std::ops::Range<usize>> {
        let at = self.random.usize(..input.len().max(1));
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        let start = at + input.get(at..)?.iter().position(is_part)?;
        let length = input[start..]
            .iter()
            .take_while(|byte| is_part(byte))
            .count();
        Some(start..start + length)
    }
}
