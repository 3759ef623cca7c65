/// A conversation in the terminal. Start at [Dialogue].
@NullMarked
package org.millrace.cli.chat;

import org.jspecify.annotations.NullMarked;
