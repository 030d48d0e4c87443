#include <stddef.h>

/* How many characters a text in UTF-8 has. */
size_t utf8_length(const char *text);
