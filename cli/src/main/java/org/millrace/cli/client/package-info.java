/// Calls to a running system over gRPC and Kafka. Start at [Endpoints].
@NullMarked
package org.millrace.cli.client;

import org.jspecify.annotations.NullMarked;
