@NullMarked
package org.millrace.crawler.command;

import org.jspecify.annotations.NullMarked;
