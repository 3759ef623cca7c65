/// The wire face of the service. Start at [PolicyEndpoint]; `infer` is for clients of others.
@NullMarked
package org.millrace.inference.grpc;

import org.jspecify.annotations.NullMarked;
