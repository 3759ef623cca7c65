/// What tokenizing costs, beside the tokenizers that people use elsewhere: `./millrace bench tokenize`.
@NullMarked
package org.millrace.tokenizer.bench;

import org.jspecify.annotations.NullMarked;
