// JSON as the clients write it.
#pragma once

#include <stdio.h>

// Bytes that are not ASCII pass as they are: the kernel's names are UTF-8 or nearly so, and the reader of the
// line decodes leniently.
static inline void json_string(FILE* out, const char* text) {
  if (text == NULL) {
    fputs("null", out);
    return;
  }
  fputc('"', out);
  for (const unsigned char* c = (const unsigned char*)text; *c != 0; c++) {
    if (*c == '"' || *c == '\\')
      fprintf(out, "\\%c", *c);
    else if (*c < 0x20 || *c == 0x7f)
      fprintf(out, "\\u%04x", *c);
    else
      fputc(*c, out);
  }
  fputc('"', out);
}
