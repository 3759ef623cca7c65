@NullMarked
package org.millrace.inference.tool;

import org.jspecify.annotations.NullMarked;
