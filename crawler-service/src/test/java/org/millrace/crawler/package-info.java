@NullMarked
package org.millrace.crawler;

import org.jspecify.annotations.NullMarked;
