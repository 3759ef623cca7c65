/// The tokenizer's face to people and tools: [TokenizerEndpoint].
@NullMarked
package org.millrace.tokenizer.grpc;

import org.jspecify.annotations.NullMarked;
