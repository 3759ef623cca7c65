@NullMarked
package org.millrace.reward;

import org.jspecify.annotations.NullMarked;
