/// Tokenizing files without a running system: `./millrace tokenize`. Start at [TokenizeCommand].
@NullMarked
package org.millrace.tokenizer.command;

import org.jspecify.annotations.NullMarked;
