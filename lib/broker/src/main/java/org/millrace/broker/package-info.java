/// A real Kafka broker inside this JVM, for the local runtime and for tests. One class: [Broker].
@NullMarked
package org.millrace.broker;

import org.jspecify.annotations.NullMarked;
