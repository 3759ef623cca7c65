@NullMarked
package org.millrace.cli.data.json;

import org.jspecify.annotations.NullMarked;
