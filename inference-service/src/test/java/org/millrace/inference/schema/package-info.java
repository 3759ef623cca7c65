@NullMarked
package org.millrace.inference.schema;

import org.jspecify.annotations.NullMarked;
