@NullMarked
package org.millrace.cli.chat;

import org.jspecify.annotations.NullMarked;
