/// Text to token ids and back: byte-level BPE, the chat template, and Hugging Face's files.
/// Start at [Tokenizer]; a new one comes from [BpeTrainer]; conversations go through [Chat],
/// those of other models through [org.millrace.bpe.template.ChatTemplate].
@NullMarked
package org.millrace.bpe;

import org.jspecify.annotations.NullMarked;
