@NullMarked
package org.millrace.inference.http;

import org.jspecify.annotations.NullMarked;
