/// The cleaner's edge: topics, protobuf, artifacts, and the wiring. Start at [CleanerLoops].
@NullMarked
package org.millrace.cleaner.kafka;

import org.jspecify.annotations.NullMarked;
