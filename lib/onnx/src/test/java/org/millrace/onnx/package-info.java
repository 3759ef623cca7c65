@NullMarked
package org.millrace.onnx;

import org.jspecify.annotations.NullMarked;
