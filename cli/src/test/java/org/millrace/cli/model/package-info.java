@NullMarked
package org.millrace.cli.model;

import org.jspecify.annotations.NullMarked;
