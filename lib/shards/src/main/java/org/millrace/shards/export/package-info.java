/// Shards as files that other programs train on: [LlmC] and [Datatrove]. Start at either.
@NullMarked
package org.millrace.shards.export;

import org.jspecify.annotations.NullMarked;
