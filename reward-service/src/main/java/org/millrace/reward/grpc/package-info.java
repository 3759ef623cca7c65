/// The wire face of the service: requests are checked here.
@NullMarked
package org.millrace.reward.grpc;

import org.jspecify.annotations.NullMarked;
