#include "utf8.h"

size_t utf8_length(const char *text) {
  size_t characters = 0;
  for (; *text != '\0'; text++) {
    /* All bytes but the first of a character begin with the bits 10. */
    if (((unsigned char)*text & 0xC0) != 0x80) {
      characters++;
    }
  }
  return characters;
}
