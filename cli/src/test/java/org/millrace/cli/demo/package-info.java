@NullMarked
package org.millrace.cli.demo;

import org.jspecify.annotations.NullMarked;
