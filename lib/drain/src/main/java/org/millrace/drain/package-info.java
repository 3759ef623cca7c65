/// The end of a service that others call: nothing new is taken, what was taken is answered. Start at [Drain].
@NullMarked
package org.millrace.drain;

import org.jspecify.annotations.NullMarked;
