/// The wire face of the service. Start at [PolicyEndpoint].
@NullMarked
package org.millrace.inference.grpc;

import org.jspecify.annotations.NullMarked;
