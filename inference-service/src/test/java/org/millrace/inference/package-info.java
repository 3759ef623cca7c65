@NullMarked
package org.millrace.inference;

import org.jspecify.annotations.NullMarked;
