/// The rankers' edge: the only package here that knows Kafka, protobuf and JSON.
@NullMarked
package org.millrace.world.rankers.kafka;

import org.jspecify.annotations.NullMarked;
