/// A conversation in the terminal. Start at [Session].
@NullMarked
package org.millrace.cli.chat;

import org.jspecify.annotations.NullMarked;
