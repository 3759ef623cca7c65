/// Measures the service from outside. Start at [InferenceBench].
@NullMarked
package org.millrace.inference.grpc.bench;

import org.jspecify.annotations.NullMarked;
