/// Prompts come and outcomes go over Kafka. The only package that knows Kafka and its events; start at
/// [Lane].
@NullMarked
package org.millrace.rollout.kafka;

import org.jspecify.annotations.NullMarked;
