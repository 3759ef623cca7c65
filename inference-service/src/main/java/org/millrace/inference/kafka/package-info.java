/// Follows the published models. Start at [ModelFeed]; [InferenceRunner] wires the service.
@NullMarked
package org.millrace.inference.kafka;

import org.jspecify.annotations.NullMarked;
