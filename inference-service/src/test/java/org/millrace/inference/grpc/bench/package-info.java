@NullMarked
package org.millrace.inference.grpc.bench;

import org.jspecify.annotations.NullMarked;
