@NullMarked
package org.millrace.cli.client;

import org.jspecify.annotations.NullMarked;
