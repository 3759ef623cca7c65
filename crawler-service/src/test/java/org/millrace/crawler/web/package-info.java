@NullMarked
package org.millrace.crawler.web;

import org.jspecify.annotations.NullMarked;
