/// Events as Kafka records: topic names from the contracts, CloudEvents headers, and reading that turns
/// bad bytes into a [BadRecord] instead of a crash. Start at [Events].
@NullMarked
package org.millrace.events;

import org.jspecify.annotations.NullMarked;
