/// Follows published models, and builds the service from its settings.
@NullMarked
package org.millrace.reward.kafka;

import org.jspecify.annotations.NullMarked;
