@NullMarked
package org.millrace.archives;

import org.jspecify.annotations.NullMarked;
