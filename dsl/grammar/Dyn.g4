//===- Dyn.g4 - the grammar of Dyn ----------------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Structure only: no actions, no predicates, no left recursion; SLL mode parses
// it. Which line ends separate statements is decided before the parser sees them
// (dsl/syntax/TokenFilter.h), so NL here always means a separator. Expressions
// are listed from the loosest binding to the tightest.
//
//===----------------------------------------------------------------------===//
grammar Dyn;

// Declarations

file : (item (NL item)*)? EOF ;

item
    : use
    | config
    | constant
    | typeDecl
    | enumDecl
    | model
    | function
    | externDecl
    | train
    ;

use        : USE path (COMMA path)* ;
config     : CONFIG LBRACE (field (NL field)*)? RBRACE ;
constant   : CONST name (COLON type)? ASSIGN expr ;
typeDecl   : TYPE name (ASSIGN type | params? LBRACE (field (NL field)*)? RBRACE) ;
enumDecl   : ENUM name LBRACE name (COMMA name)* COMMA? RBRACE ;
model      : (MODEL | MASK | OPTIMIZER) name params? LBRACE (member (NL member)*)? RBRACE ;
function   : (FN | LOCAL FN | LOSS) name params (ARROW type)? body derivative? ;
derivative : DERIVATIVE params body ;
externDecl : EXTERN PURE? FN name params ARROW type ;
train      : TRAIN block ;

field  : name COLON type (ASSIGN expr)? ;
member
    : (PARAM | STATE) name (COLON type | LIKE postfix) init?
    | name COLON type
    | function
    ;
params : LPAREN (param (COMMA param)* COMMA?)? RPAREN ;
param  : VAR? name (COLON type)? (ASSIGN expr)? ;
body   : ASSIGN expr | block ;
init   : ASSIGN expr | DRAW expr ;

// Types

type
    : path args? dims? (LE sum)?
    | LPAREN type (COMMA type)+ RPAREN
    | FN LPAREN (type (COMMA type)*)? RPAREN ARROW type
    ;
dims : LBRACKET dim (COMMA dim)* RBRACKET ;
dim  : ELLIPSIS name? | sum (LE sum)? ;

// Statements

block : LBRACE (stmt (NL stmt)*)? RBRACE ;

stmt
    : (LET | VAR) pattern (COLON type)? init?
    | UPDATE pick (COMMA pick)* WITH sum BY expr
    | WHILE expr (LIMIT sum)? block
    | YIELD expr
    | BREAK
    | CONTINUE
    | LOG entry (COMMA entry)*
    | SAVE expr TO expr
    | LOAD pick FROM expr
    | ASSERT expr (COMMA expr)?
    | CLAIM STRING COLON expr
    | expr (assignOp expr)?
    ;
assignOp : ASSIGN | PLUS_ASSIGN | MINUS_ASSIGN | STAR_ASSIGN | SLASH_ASSIGN ;
entry    : (name | REDUCE) COLON expr ;
pattern
    : name (LBRACKET binder (COMMA binder)* RBRACKET)?
    | LPAREN pattern (COMMA pattern)+ RPAREN
    ;
binder : name (COLON range)? ;

// Expressions

expr
    : name FAT_ARROW expr
    | params FAT_ARROW expr
    | ifExpr
    | FOR pattern IN pick block
    | MINIMIZE pick (COMMA pick)* WITH sum block
    | SEEDED pick block
    | TAP name ASSIGN expr
    | pick
    ;
ifExpr     : IF pick block (ELSE IF pick block)* (ELSE block)? ;
pick       : either (WHERE either)? ;
either     : both (OR both)* ;
both       : negation (AND negation)* ;
negation   : NOT negation | comparison ;
comparison : range ((EQ | NE | LT | LE | GT | GE | IN) range)? ;
range      : sum ((DOTDOT | DOTDOT_EQ) sum (BY sum)?)? ;
sum        : product ((PLUS | MINUS) product)* ;
product    : unary (times unary)* (times binding)? | binding ;
times      : STAR | SLASH | AT | DIV | MOD ;
// `sum[k] a*b + c` is `(sum[k] a*b) + c`.
binding
    : MINUS? REDUCE LBRACKET binder (COMMA binder)* (WHERE either)? RBRACKET product
    | MINUS? DERIVE LBRACKET pick (COMMA pick)* (ALONG sum)? RBRACKET product
    ;
// `-x^2` is `-(x^2)`, and `2^-1` is legal.
unary   : MINUS unary | power ;
power   : postfix (CARET unary)? ;
postfix : atom suffix* ;
suffix  : args | LBRACKET sub (COMMA sub)* COMMA? RBRACKET | DOT fieldName ;
args    : LPAREN (arg (COMMA arg)* COMMA?)? RPAREN ;
arg     : name COLON expr | expr ;
// `..` is all of one dimension, `...` all the rest.
sub     : ELLIPSIS | (DOTDOT | DOTDOT_EQ) sum? | sum ((DOTDOT | DOTDOT_EQ) sum?)? ;
atom
    : name
    | (REDUCE | DERIVE) args
    | block
    | literal
    | LBRACKET (expr (COMMA expr)* COMMA?)? RBRACKET
    | LPAREN expr (COMMA expr)* RPAREN
    ;
literal : INT | FLOAT | STRING | TRUE | FALSE ;

path : name (DOT name)* ;
// Words of declarations stay usable as names; those of statements do not.
name
    : ID | MODEL | MASK | LOSS | OPTIMIZER | PARAM | STATE | TYPE | CONFIG | TRAIN | LOG | TAP
    | LOCAL | USE | PURE | LIKE | LIMIT | TO | FROM | ALONG
    ;
fieldName
    : name | REDUCE | DERIVE | INT | FLOAT | UPDATE | SAVE | LOAD | MINIMIZE | WHERE | BY
    ;

// Words

USE : 'use' ;
CONFIG : 'config' ;
CONST : 'const' ;
TYPE : 'type' ;
ENUM : 'enum' ;
MODEL : 'model' ;
MASK : 'mask' ;
OPTIMIZER : 'optimizer' ;
PARAM : 'param' ;
STATE : 'state' ;
LIKE : 'like' ;
FN : 'fn' ;
LOCAL : 'local' ;
LOSS : 'loss' ;
DERIVATIVE : 'derivative' ;
EXTERN : 'extern' ;
PURE : 'pure' ;
TRAIN : 'train' ;
LET : 'let' ;
VAR : 'var' ;
UPDATE : 'update' ;
WITH : 'with' ;
BY : 'by' ;
WHILE : 'while' ;
LIMIT : 'limit' ;
YIELD : 'yield' ;
BREAK : 'break' ;
CONTINUE : 'continue' ;
LOG : 'log' ;
SAVE : 'save' ;
TO : 'to' ;
LOAD : 'load' ;
FROM : 'from' ;
ASSERT : 'assert' ;
CLAIM : 'claim' ;
IF : 'if' ;
ELSE : 'else' ;
FOR : 'for' ;
IN : 'in' ;
MINIMIZE : 'minimize' ;
SEEDED : 'seeded' ;
TAP : 'tap' ;
WHERE : 'where' ;
ALONG : 'along' ;
OR : 'or' ;
AND : 'and' ;
NOT : 'not' ;
DIV : 'div' ;
MOD : 'mod' ;
TRUE : 'true' ;
FALSE : 'false' ;
REDUCE
    : 'sum' | 'prod' | 'mean' | 'max' | 'min' | 'any' | 'all' | 'argmax' | 'argmin'
    ;
DERIVE
    : 'grad' | 'value_and_grad' | 'jacobian' | 'hessian' | 'laplacian' | 'jvp' | 'vjp' | 'hvp'
    ;

// Signs

LPAREN : '(' ;
RPAREN : ')' ;
LBRACKET : '[' ;
RBRACKET : ']' ;
LBRACE : '{' ;
RBRACE : '}' ;
COMMA : ',' ;
COLON : ':' ;
ASSIGN : '=' ;
PLUS_ASSIGN : '+=' ;
MINUS_ASSIGN : '-=' ;
STAR_ASSIGN : '*=' ;
SLASH_ASSIGN : '/=' ;
DRAW : '~' ;
ARROW : '->' ;
FAT_ARROW : '=>' ;
DOT : '.' ;
DOTDOT : '..' ;
DOTDOT_EQ : '..=' ;
ELLIPSIS : '...' ;
PLUS : '+' ;
MINUS : '-' ;
STAR : '*' ;
SLASH : '/' ;
AT : '@' ;
CARET : '^' ;
EQ : '==' ;
NE : '!=' ;
LT : '<' ;
LE : '<=' ;
GT : '>' ;
GE : '>=' ;

// The rest. A point in a number needs a digit behind it, so that `0..n` is a range.

FLOAT
    : DIGITS '.' DIGITS EXPONENT?
    | DIGITS EXPONENT
    ;
INT : DIGITS ;
ID : [A-Za-z_] [A-Za-z0-9_]* ;
STRING : '"' STRING_CHAR* '"' ;
// Wins over STRING only where the line ends first.
OPEN_STRING : '"' STRING_CHAR* '\\'? ;
DOC : '///' ~[\r\n]* ;
COMMENT : '//' ~[\r\n]* -> skip ;
SPACE : [ \t\r\f]+ -> skip ;
NL : '\n' ;
SEMICOLON : ';' ;
UNKNOWN : . ;

fragment DIGITS : [0-9] [0-9_]* ;
fragment EXPONENT : [eE] [+\-]? [0-9]+ ;
fragment STRING_CHAR : ~["\\\r\n] | '\\' ~[\r\n] ;
