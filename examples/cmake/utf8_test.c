#include "utf8.h"

#include <stdio.h>
#include <string.h>

static int is(const char *text, size_t expected) {
  size_t length = utf8_length(text);
  if (length != expected) {
    printf("\"%s\" has %zu characters, expected %zu\n", text, length, expected);
  }
  return length == expected ? 0 : 1;
}

int main(int count, char **arguments) {
  const char *name = count > 1 ? arguments[1] : "";
  if (strcmp(name, "empty_text") == 0) {
    return is("", 0);
  }
  if (strcmp(name, "plain_letters") == 0) {
    return is("ship", 4);
  }
  if (strcmp(name, "letters_of_several_bytes") == 0) {
    return is("\xC5\xBC\xC3\xB3\xC5\x82w", 4);
  }
  printf("there is no test \"%s\"\n", name);
  return 2;
}
