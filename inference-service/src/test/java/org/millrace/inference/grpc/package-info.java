@NullMarked
package org.millrace.inference.grpc;

import org.jspecify.annotations.NullMarked;
