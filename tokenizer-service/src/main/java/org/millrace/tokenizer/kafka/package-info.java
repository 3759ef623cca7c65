/// The tokenizer's edge to the log and to the artifact store. Start at [TokenizerLoops].
@NullMarked
package org.millrace.tokenizer.kafka;

import org.jspecify.annotations.NullMarked;
