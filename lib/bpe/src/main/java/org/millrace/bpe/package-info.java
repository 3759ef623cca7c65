/// Text to token ids and back: byte-level BPE, our own chat format, and Hugging Face's files.
/// Start at [Tokenizer]; a new one comes from [BpeTrainer]; conversations go through [Chat].
@NullMarked
package org.millrace.bpe;

import org.jspecify.annotations.NullMarked;
