/// Trains tokenizers and turns documents and conversations into shards of token ids. Start at
/// [Sharder]: what becomes of a batch. How a tokenizer comes to be is [Training].
@NullMarked
package org.millrace.tokenizer;

import org.jspecify.annotations.NullMarked;
