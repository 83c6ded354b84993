//! Expressions of the parser's tree → krest's.

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::Ranged as _;

use super::parse::{DEEPEST, Lowering};
use super::tree::{
    Choice, Compare, Comprehension, Expr, Function, Kind, Operator, Parameter, Piece, Statement, Stmt,
};

impl Lowering<'_> {
    pub(super) fn expr(&mut self, expr: &ast::Expr) -> Expr {
        self.depth += 1;
        let kind = if self.depth > DEEPEST { Kind::Other("a very deep expression") } else { self.kind(expr) };
        self.depth -= 1;
        Expr { line: self.line(expr), offset: expr.start().to_usize(), kind }
    }

    fn boxed(&mut self, expr: &ast::Expr) -> Box<Expr> {
        Box::new(self.expr(expr))
    }

    fn exprs(&mut self, exprs: &[ast::Expr]) -> Vec<Expr> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    fn kind(&mut self, expr: &ast::Expr) -> Kind {
        match expr {
            ast::Expr::NoneLiteral(_) => Kind::None,
            ast::Expr::BooleanLiteral(literal) => Kind::Bool(literal.value),
            ast::Expr::NumberLiteral(literal) => number(&literal.value),
            ast::Expr::StringLiteral(literal) => Kind::Text(literal.value.to_str().to_owned()),
            ast::Expr::FString(text) => Kind::Format(self.pieces(text)),
            ast::Expr::Name(name) => Kind::Name(name.id.to_string()),
            ast::Expr::Attribute(of) => Kind::Attribute(self.boxed(&of.value), of.attr.id.to_string()),
            ast::Expr::Subscript(of) => Kind::Subscript(self.boxed(&of.value), self.boxed(&of.slice)),
            ast::Expr::Call(call) => self.call(call),
            ast::Expr::Dict(dict) => Kind::Dict(self.entries(&dict.items)),
            ast::Expr::List(list) => Kind::List(self.exprs(&list.elts)),
            ast::Expr::Tuple(list) => Kind::List(self.exprs(&list.elts)),
            ast::Expr::Set(list) => Kind::List(self.exprs(&list.elts)),
            ast::Expr::Starred(list) => Kind::Starred(self.boxed(&list.value)),
            ast::Expr::Lambda(lambda) => Kind::Lambda(Rc::new(self.lambda(lambda))),
            ast::Expr::UnaryOp(unary) => self.unary(unary),
            ast::Expr::BinOp(of) => {
                Kind::Binary(self.boxed(&of.left), operator(of.op), self.boxed(&of.right))
            }
            ast::Expr::BoolOp(of) => match of.op {
                ast::BoolOp::And => Kind::And(self.exprs(&of.values)),
                ast::BoolOp::Or => Kind::Or(self.exprs(&of.values)),
            },
            ast::Expr::Compare(of) => self.compare(of),
            ast::Expr::If(of) => Kind::Choice(Box::new(Choice {
                test: self.expr(&of.test),
                body: self.expr(&of.body),
                otherwise: self.expr(&of.orelse),
            })),
            ast::Expr::Named(of) => Kind::Walrus(self.boxed(&of.target), self.boxed(&of.value)),
            ast::Expr::ListComp(of) => self.comprehension(None, &of.elt, &of.generators),
            ast::Expr::SetComp(of) => self.comprehension(None, &of.elt, &of.generators),
            ast::Expr::Generator(of) => self.comprehension(None, &of.elt, &of.generators),
            ast::Expr::DictComp(of) => match &of.key {
                Some(key) => self.comprehension(Some(key), &of.value, &of.generators),
                None => Kind::Other("a comprehension of dicts"),
            },
            ast::Expr::Await(of) => Kind::Yield(Some(self.boxed(&of.value))),
            ast::Expr::YieldFrom(of) => Kind::Yield(Some(self.boxed(&of.value))),
            ast::Expr::Yield(of) => Kind::Yield(of.value.as_deref().map(|value| self.boxed(value))),
            ast::Expr::TString(_) => Kind::Other("a template string"),
            ast::Expr::BytesLiteral(_) => Kind::Other("bytes"),
            ast::Expr::EllipsisLiteral(_) => Kind::Other("\"...\""),
            ast::Expr::Slice(_) => Kind::Other("a slice"),
            ast::Expr::IpyEscapeCommand(_) => Kind::Other("a notebook's command"),
        }
    }

    fn pieces(&mut self, text: &ast::ExprFString) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for part in text.value.as_slice() {
            match part {
                ast::FStringPart::Literal(literal) => pieces.push(Piece::Plain(literal.value.to_string())),
                ast::FStringPart::FString(inner) => {
                    pieces.extend(inner.elements.iter().map(|element| self.piece(element)));
                }
            }
        }
        pieces
    }

    fn piece(&mut self, element: &ast::InterpolatedStringElement) -> Piece {
        match element {
            ast::InterpolatedStringElement::Literal(literal) => Piece::Plain(literal.value.to_string()),
            ast::InterpolatedStringElement::Interpolation(value) => {
                let plain = matches!(value.conversion, ast::ConversionFlag::None | ast::ConversionFlag::Str);
                if plain && value.format_spec.is_none() && value.debug_text.is_none() {
                    Piece::Value(self.expr(&value.expression))
                } else {
                    Piece::Formatted
                }
            }
        }
    }

    fn call(&mut self, call: &ast::ExprCall) -> Kind {
        let named = call.arguments.keywords.iter();
        let named =
            named.map(|word| (word.arg.as_ref().map(|name| name.id.to_string()), self.expr(&word.value)));
        let named = named.collect();
        Kind::Call { function: self.boxed(&call.func), positional: self.exprs(&call.arguments.args), named }
    }

    fn entries(&mut self, items: &[ast::DictItem]) -> Vec<(Option<Expr>, Expr)> {
        items
            .iter()
            .map(|item| (item.key.as_ref().map(|key| self.expr(key)), self.expr(&item.value)))
            .collect()
    }

    fn lambda(&mut self, lambda: &ast::ExprLambda) -> Function {
        let body = self.expr(&lambda.body);
        let (parameters, takes_more) =
            lambda.parameters.as_ref().map_or((Vec::new(), false), |list| self.parameters(list));
        let line = self.line(lambda);
        Function {
            name: String::new(),
            line,
            offset: lambda.start().to_usize(),
            parameters,
            takes_more,
            decorators: Vec::new(),
            returns: String::new(),
            body: vec![Stmt { line, kind: Statement::Return(Some(body)) }],
        }
    }

    pub(super) fn parameters(&mut self, list: &ast::Parameters) -> (Vec<Parameter>, bool) {
        let all = list.posonlyargs.iter().chain(&list.args).chain(&list.kwonlyargs);
        let parameters = all.map(|one| Parameter {
            name: one.parameter.name.id.to_string(),
            line: self.line(&one.parameter),
            annotation: one.parameter.annotation.as_deref().map(|of| self.written(of)).unwrap_or_default(),
            default: one.default.as_deref().map(|default| self.expr(default)),
        });
        (parameters.collect(), list.vararg.is_some() || list.kwarg.is_some())
    }

    fn unary(&mut self, unary: &ast::ExprUnaryOp) -> Kind {
        match unary.op {
            ast::UnaryOp::Not => Kind::Not(self.boxed(&unary.operand)),
            ast::UnaryOp::USub => Kind::Negative(self.boxed(&unary.operand)),
            ast::UnaryOp::UAdd | ast::UnaryOp::Invert => Kind::Other("an operator krest does not compute"),
        }
    }

    fn compare(&mut self, of: &ast::ExprCompare) -> Kind {
        let pairs = of.ops.iter().zip(&*of.comparators);
        let pairs = pairs.map(|(op, right)| (comparison(*op), self.expr(right))).collect();
        Kind::Compare(self.boxed(&of.left), pairs)
    }

    fn comprehension(
        &mut self,
        key: Option<&ast::Expr>,
        element: &ast::Expr,
        of: &[ast::Comprehension],
    ) -> Kind {
        let [one] = of else { return Kind::Other("a comprehension over several lists") };
        Kind::Comprehension(Box::new(Comprehension {
            key: key.map(|key| self.expr(key)),
            element: self.expr(element),
            target: self.expr(&one.target),
            list: self.expr(&one.iter),
            conditions: self.exprs(&one.ifs),
        }))
    }
}

fn number(number: &ast::Number) -> Kind {
    match number {
        // Beyond 64 bits the parser keeps the digits as they are written, underscores and prefixes among them.
        ast::Number::Int(int) => match int.as_u64() {
            Some(small) => Kind::Int(small.to_string()),
            None => match int.to_string() {
                digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => Kind::Int(digits),
                _ => Kind::Other("a very large number"),
            },
        },
        ast::Number::Float(float) => Kind::Float(*float),
        ast::Number::Complex { .. } => Kind::Other("a complex number"),
    }
}

pub(super) fn operator(operator: ast::Operator) -> Operator {
    match operator {
        ast::Operator::Add => Operator::Add,
        ast::Operator::Sub => Operator::Subtract,
        ast::Operator::Mult => Operator::Multiply,
        ast::Operator::Mod => Operator::Remainder,
        ast::Operator::BitOr => Operator::Union,
        ast::Operator::MatMult
        | ast::Operator::Div
        | ast::Operator::Pow
        | ast::Operator::LShift
        | ast::Operator::RShift
        | ast::Operator::BitXor
        | ast::Operator::BitAnd
        | ast::Operator::FloorDiv => Operator::Other,
    }
}

fn comparison(operator: ast::CmpOp) -> Compare {
    match operator {
        ast::CmpOp::Eq => Compare::Equal,
        ast::CmpOp::NotEq => Compare::NotEqual,
        ast::CmpOp::Lt => Compare::Less,
        ast::CmpOp::LtE => Compare::LessOrEqual,
        ast::CmpOp::Gt => Compare::Greater,
        ast::CmpOp::GtE => Compare::GreaterOrEqual,
        ast::CmpOp::Is => Compare::Is,
        ast::CmpOp::IsNot => Compare::IsNot,
        ast::CmpOp::In => Compare::In,
        ast::CmpOp::NotIn => Compare::NotIn,
    }
}
